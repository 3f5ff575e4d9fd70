import { plural } from "@/format/numbers";

/** Not all that an answer saw can be counted again. */
export function Gone({ count }: { count: number }) {
  return (
    <p className="mt-2 max-w-prose rounded-md bg-warn-soft p-3">
      {plural(count, "event")} that it saw {count === 1 ? "is" : "are"} gone since, erased or expired. The figures of then are of
      what is left.
    </p>
  );
}
