/** The module for applications: `import iafa from "@iafa/sdk"`. Loaded on a server it does nothing. */

import { createIafa, type Iafa } from "./client";

export type { Iafa, Methods, Properties } from "./client";
export type { Options } from "./settings";

const iafa: Iafa = createIafa();
export default iafa;
