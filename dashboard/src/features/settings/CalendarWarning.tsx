import { Warning } from "@/ui/Warning";

interface CalendarWarningProps {
  /** The zone that is to be; null where it stays. */
  timezone: string | null;
  isWeekMoved: boolean;
}

/** What another calendar does to figures; see docs/semantics.md. */
export function CalendarWarning({ timezone, isWeekMoved }: CalendarWarningProps) {
  if (!timezone && !isWeekMoved) return null;
  return (
    <Warning>
      <p className="font-medium">Another calendar moves figures, those of the past too.</p>
      <ul className="mt-1 list-disc pl-5">
        {timezone && (
          <>
            <li>Every day, week and month is cut anew at midnight in {timezone}, so a figure that you noted for a day may differ from now on.</li>
            <li>Of events that have expired, people and sessions are told only for days as the time zone of then had them.</li>
            <li>The local hour and weekday that events carry stay those of the zone in which they came in.</li>
            <li>Data quality and expiry count in days of UTC, and stay as they are.</li>
          </>
        )}
        {isWeekMoved && <li>Every week is cut anew, so weekly figures differ from those that you noted. Days and months stay as they are.</li>}
      </ul>
    </Warning>
  );
}
