import { useMemo, useState } from "react";
import type { EventSchema } from "@/api/types";
import { draftOf, readDraft, type Draft } from "./schema_draft";

/** What stands in the editor, beside what is saved. */
export function useDraft(saved: EventSchema | null) {
  const [base, setBase] = useState(saved); // what the text was made from: a newer one must not be overwritten unseen
  const [draft, setDraft] = useState<Draft>(() => draftOf(saved));
  const [unedited, setUnedited] = useState(draft.text); // saved, or drafted by the API: of one's own nothing is in it
  const [replaced, setReplaced] = useState<string | null>(null);
  const read = useMemo(() => readDraft(draft.text), [draft.text]);
  const was = draftOf(base);
  const isChanged = draft.text !== unedited || draft.mode !== was.mode;
  if (saved && base && saved.version > base.version && !isChanged) {
    setBase(saved);
    setDraft(draftOf(saved));
    setUnedited(draftOf(saved).text);
  }
  return {
    base,
    draft,
    read,
    /** Something of one's own would be lost by leaving. */
    isChanged,
    isAsSaved: base !== null && JSON.stringify(read.schema) === JSON.stringify(base.schema) && draft.mode === was.mode,
    change: (changed: Partial<Draft>) => setDraft({ ...draft, ...changed }),
    /** Another text in place of this one, which can be taken back where it was one's own. */
    replaceText: (text: string) => {
      setReplaced(draft.text === unedited ? null : draft.text);
      setUnedited(text);
      setDraft({ ...draft, text });
    },
    takeBack: replaced === null ? null : () => {
      setReplaced(null);
      setDraft({ ...draft, text: replaced });
    },
    /** `text` was saved as this; what was typed since is not. */
    keep: (schema: EventSchema, text: string) => {
      setBase(schema);
      setUnedited(text);
    },
  };
}
