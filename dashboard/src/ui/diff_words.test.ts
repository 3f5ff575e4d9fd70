import { describe, expect, it } from "vitest";
import { fieldInWords, valueInWords } from "./diff_words";

describe("what a change says", () => {
  it("names a field as people count", () => {
    const said = ["name", "stages.1.event_type", "stages.0.filter.properties", "series.2.data.0", "policies.0", "conversion_window"].map(fieldInWords);
    expect(said).toEqual([
      "name",
      "stage 2 › event type",
      "stage 1 › filter › properties",
      "series 3 › data 1",
      "policy 1",
      "conversion window",
    ]);
  });
  it("shows a value without brackets, and leaves out what is not set", () => {
    expect([null, "", [], {}, false, 0, "x"].map((value) => valueInWords(value))).toEqual(["nothing", "nothing", "nothing", "nothing", "no", "0", "x"]);
    const stages = [{ event_type: "view", filter: null }, { event_type: "paid", filter: { all: [{ property: "country", value: ["DE", "FR"] }] } }];
    expect(valueInWords(stages)).toBe(
      [
        "– event type: view",
        "– event type: paid",
        "  filter:",
        "    all:",
        "      – property: country",
        "        value:",
        "          – DE",
        "          – FR",
      ].join("\n"),
    );
  });
});
