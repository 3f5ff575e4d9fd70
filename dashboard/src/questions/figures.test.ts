import { expect, it } from "vitest";
import { figureInWords, figuresOf, formatFigure, formatMove } from "./figures";

it("names every figure of a funnel, and none of what is beside them", () => {
  const stage = { stage_name: "cart", order: 2, users: 3, conversion_rate: 75, pending: null };
  const answer = { receipt: { events: 9 }, funnel_version: 2, exact: true, gone: 0, stages: [stage], breakdown: [{ value: ["DE", ""], stages: [stage] }] };
  expect([...figuresOf(answer)].map(([path, { name, value }]) => [path, name, value])).toEqual([
    ["stages.1.users", "cart · people", 3],
    ["stages.1.conversion_rate", "cart · conversion", 75],
    ["breakdown.DE/.stages.1.users", "DE / (none) · cart · people", 3],
    ["breakdown.DE/.stages.1.conversion_rate", "DE / (none) · cart · conversion", 75],
  ]);
});

it("names a figure by its period", () => {
  const trends = { periods: ["2026-01-30", "2026-01-31"], series: [{ data: [1, 2], total: 3 }] };
  expect([...figuresOf(trends)].map(([path, { name }]) => [path, name])).toEqual([
    ["series.1.data.1", "series · 1 · 30 Jan"],
    ["series.1.data.2", "series · 1 · 31 Jan"],
    ["series.1.total", "series · 1 · total"],
  ]);
  const lifecycle = { periods: ["2026-01-30", "2026-01-31"], new: [1, 2] };
  expect([...figuresOf(lifecycle).values()].map(({ name }) => name)).toEqual(["new · 30 Jan", "new · 31 Jan"]);
  const retention = { periods: ["2026-01-30", "2026-01-31"], matrix: [[4, 2], [1]] };
  expect([...figuresOf(retention)].map(([path, { name }]) => [path, name])).toEqual([
    ["matrix.1.1", "came back · 30 Jan · 1"],
    ["matrix.1.2", "came back · 30 Jan · 2"],
    ["matrix.2.1", "came back · 31 Jan · 1"],
  ]);
  const paths = { nodes: [{ id: "1_view", position: 1, users: 3 }], links: [{ source: "1_view", target: "2_cart", users: 2 }] };
  expect([...figuresOf(paths).keys()]).toEqual(["nodes.1_view.users", "links.1_view > 2_cart.users"]);
  expect([...figuresOf({ trend: [{ period: "2026-01-31", users: 1 }] }).keys()]).toEqual(["trend.2026-01-31.users"]);
  const metric = { points: [{ period: "2026-01-31", value: 3 }], breakdown: [{ value: "", points: [{ period: "2026-01-31", value: null }], total: 3 }, { value: "view", points: [], total: 2 }] };
  expect([...figuresOf(metric)].map(([path, { name }]) => [path, name])).toEqual([
    ["points.2026-01-31.value", "31 Jan"],
    ["breakdown..total", "(none) · total"],
    ["breakdown.view.total", "view · total"],
  ]);
  expect(figureInWords("breakdown.FR.stages.2.users")).toBe("FR · 2 · people");
});

it("shows figures and moves in their units", () => {
  expect(["a.conversion_rate", "median_seconds", "users", "average"].map((path) => formatFigure(path, path === "average" ? 1.5 : 90))).toEqual(["90.0%", "1 min 30 s", "90", "1.50"]);
  expect([formatMove("overall_conversion_rate", 16.67), formatMove("seconds", -2), formatMove("seconds", 0.25), formatMove("users", 1), formatMove("users", 0)]).toEqual(["+16.7 points", "−2 s", "+0.3 s", "+1", "±0"]);
});
