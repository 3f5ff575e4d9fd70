import { expect, it } from "vitest";
import { every } from "./every";

const listOf = (count: number) => {
  const asked: number[] = [];
  const all = Array.from({ length: count }, (_, place) => place);
  const found = every(({ page, page_size: size }) => {
    asked.push(page);
    return Promise.resolve(all.slice((page - 1) * size, page * size));
  });
  return found.then(({ length }) => ({ length, pages: asked.length }));
};

it("reads a list to its end", async () => {
  expect(await listOf(0)).toEqual({ length: 0, pages: 1 });
  expect(await listOf(99)).toEqual({ length: 99, pages: 1 });
  expect(await listOf(100)).toEqual({ length: 100, pages: 2 });
  expect(await listOf(250)).toEqual({ length: 250, pages: 3 });
});

it("comes to an end", async () => {
  expect(await listOf(20_000)).toEqual({ length: 10_000, pages: 100 });
});
