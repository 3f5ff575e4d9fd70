import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SessionListBody } from "@/api/types";
import { useProject } from "@/app/project";
import { useSettled } from "@/questions/use_settled";
import { Button } from "@/ui/Button";
import { SelectField, SuggestField } from "@/ui/Field";
import { Card } from "@/ui/surfaces";
import { PersonSessions } from "./PersonSessions";
import { peopleQuery } from "./session_queries";
import { ENDS, type Ends, type View } from "./view";

const NAMES: Record<Ends, string> = { url: "pages", event_type: "events" };

interface SessionListProps {
  asked: SessionListBody;
  view: View;
  onChange: (change: Partial<View>) => void;
}

/** The sessions behind the figures, of one person at a time. */
export function SessionList({ asked, view, onChange }: SessionListProps) {
  const project = useProject();
  const [typed, setTyped] = useState(view.person ?? "");
  // Names are asked for once somebody looks for one: that people were looked at is on record.
  const [isLooking, setIsLooking] = useState(false);
  const people = useQuery({ ...peopleQuery(project.id, useSettled(typed)), enabled: isLooking });
  return (
    <Card className="flex flex-col gap-4">
      <div>
        <h2>Session by session</h2>
        <p className="text-sm text-quiet">Choose a person to see when they came, for how long, and where they entered and left.</p>
      </div>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          onChange({ person: typed.trim() || null });
        }}
      >
        <SuggestField
          label="Person"
          className="w-72 grow sm:grow-0"
          placeholder="An id of theirs"
          suggestions={people.data?.map(({ id }) => id) ?? []}
          value={typed}
          onFocus={() => setIsLooking(true)}
          onChange={({ target }) => setTyped(target.value)}
        />
        <Button type="submit">Show their sessions</Button>
        {view.person && (
          <SelectField label="Entry and exit" className="w-36" value={view.ends} onChange={({ target }) => onChange({ ends: target.value === "event_type" ? "event_type" : "url" })}>
            {ENDS.map((one) => (
              <option key={one} value={one}>
                {NAMES[one]}
              </option>
            ))}
          </SelectField>
        )}
      </form>
      {view.person && <PersonSessions key={JSON.stringify([view.person, asked])} personId={view.person} asked={asked} ends={view.ends} />}
    </Card>
  );
}
