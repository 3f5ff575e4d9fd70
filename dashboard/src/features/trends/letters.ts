/** The letter of the series at a place; formulas name it so. */
export const letterOf = (place: number): string => String.fromCharCode("A".charCodeAt(0) + place);

/** Formulas once a series is gone: those after it move up a letter, and what was computed from it goes, too. */
export function withoutLetter(formulas: readonly string[], place: number): string[] {
  const removed = letterOf(place);
  return formulas
    .filter((formula) => !formula.includes(removed))
    .map((formula) => formula.replace(/[A-Z]/g, (letter) => (letter > removed ? String.fromCharCode(letter.charCodeAt(0) - 1) : letter)));
}
