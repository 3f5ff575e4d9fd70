import { useSight } from "@/app/as_of";

/** The history has no past of its own: whoever looks back finds the way to other moments in it. */
export function WholeNote() {
  const { asOf } = useSight();
  if (!asOf) return null;
  return <p className="mb-4 text-sm text-quiet">The history is shown whole, with what came after the moment that you look back to.</p>;
}
