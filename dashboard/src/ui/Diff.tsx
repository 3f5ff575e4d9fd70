import { clsx } from "clsx";
import { fieldInWords, isUnset, valueInWords, type FieldChange } from "./diff_words";

const LONG_LINES = 6;
const LONG_LETTERS = 300;

const DONE = { before: "was", after: "now", set: "set to", removed: "removed" };
const PLANNED = { before: "is", after: "would be", set: "would be", removed: "would go" };

/** What was changed, or would be, field by field: before with a minus, after with a plus, each also in a word. */
export function Diff({ changes, isPlanned = false }: { changes: readonly FieldChange[]; isPlanned?: boolean }) {
  const words = isPlanned ? PLANNED : DONE;
  return (
    <dl className="flex flex-col gap-2 text-sm">
      {changes.filter(({ from, to }) => !isUnset(from) || !isUnset(to)).map(({ path, from, to }) => (
        <div key={path}>
          <dt className="mb-0.5 font-medium break-words first-letter:uppercase">{fieldInWords(path)}</dt>
          {!isUnset(from) && <Side sign="−" word={isUnset(to) ? words.removed : words.before} value={from} look="bg-danger-soft" />}
          {!isUnset(to) && <Side sign="+" word={isUnset(from) ? words.set : words.after} value={to} look="bg-good-soft" />}
        </div>
      ))}
    </dl>
  );
}

interface SideProps {
  sign: string;
  word: string;
  value: unknown;
  look: string;
}

function Side({ sign, word, value, look }: SideProps) {
  const text = valueInWords(value);
  const lines = text.split("\n");
  const isLong = lines.length > LONG_LINES || text.length > LONG_LETTERS;
  return (
    <dd className={clsx("mb-0.5 grid grid-cols-[0.75rem_4.5rem_minmax(0,1fr)] gap-x-1 rounded px-2 py-0.5", look)}>
      <span aria-hidden>{sign}</span>
      <span className="text-quiet">{word}</span>
      {isLong ? (
        <details>
          <summary className="w-fit max-w-full truncate">{lines.length > 1 ? `${lines.length} lines` : `${text.slice(0, 60)} …`}</summary>
          <Text text={text} />
        </details>
      ) : (
        <Text text={text} />
      )}
    </dd>
  );
}

const Text = ({ text }: { text: string }) => <span className="block break-words whitespace-pre-wrap">{text}</span>;
