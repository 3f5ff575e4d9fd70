import { useState } from "react";
import { useSearchParams } from "react-router";
import { formatMoment } from "@/format/times";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/Field";
import { readAsOf, withAsOf } from "./as_of";
import { localText, momentIn, quickMoments } from "./moments";

const SAID = {
  once: null,
  twice: "The clock was put back that night, so this time came twice: the first is meant.",
  never: "The clock was put forward that night, so this time was skipped: what comes right after is shown.",
};

/** Asks for a moment, and shows the page that is open as it was then. */
export default function LookBack({ timezone, onClose }: { timezone: string; onClose: () => void }) {
  const [search, setSearch] = useSearchParams();
  const [now] = useState(() => new Date());
  const choices = quickMoments(timezone, now);
  const asOf = readAsOf(search);
  const [text, setText] = useState(() => localText(timezone, asOf ? new Date(asOf) : (choices[0]?.moment ?? now)));
  const found = momentIn(timezone, text);
  const error = !found ? "Give a day and a time." : found.moment > now ? "This has not been yet." : undefined;
  const go = (moment: Date) => {
    onClose();
    setSearch((before) => withAsOf(before, moment.toISOString()), { preventScrollReset: true });
  };
  return (
    <Dialog title="Look back" onClose={onClose}>
      <p className="text-sm text-quiet">
        Shows every page as it was at a moment: funnels, reports and settings as they were defined, and who was known to be
        whom.
      </p>
      <div className="flex flex-wrap gap-2">
        {choices.map(({ label, moment }) => (
          <Button key={label} title={formatMoment(moment.toISOString(), timezone)} onClick={() => go(moment)}>
            {label}
          </Button>
        ))}
      </div>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (found && !error) go(found.moment);
        }}
      >
        <TextField
          label={`Day and time (${timezone})`}
          type="datetime-local"
          required
          max={localText(timezone, now)}
          value={text}
          error={error}
          hint={found && SAID[found.is]}
          onChange={({ target }) => setText(target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={error !== undefined}>
            Show it as it was
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
