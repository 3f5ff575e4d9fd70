/** Whether those who have left are listed as well. */
export interface View {
  former: boolean;
}

export const readView = (search: URLSearchParams): View => ({ former: search.get("former") === "1" });
export const writeView = ({ former }: View): URLSearchParams => new URLSearchParams(former ? { former: "1" } : {});
