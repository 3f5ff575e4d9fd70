import type { Quality } from "@/api/types";
import { plural } from "@/format/numbers";
import { Card } from "@/ui/surfaces";

/** What never came, as far as senders tell; not there where they tell of none. */
export function Losses({ total: { dropped } }: { total: Quality }) {
  if (dropped === 0) return null;
  return (
    <Card>
      <h2>Dropped by senders</h2>
      <p>
        Senders say that they had to drop <strong>{plural(dropped, "event")}</strong> before they could be sent.
      </p>
      <p className="mt-1 text-sm text-quiet">
        They were offline for longer than their queue holds, or the server refused whole requests: look at rate limits in the
        project’s settings, and at the disk of the server. These events are lost.
      </p>
    </Card>
  );
}
