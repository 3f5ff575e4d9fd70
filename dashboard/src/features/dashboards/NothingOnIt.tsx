import { useProject } from "@/app/project";
import { Button, ButtonLink } from "@/ui/Button";
import { EmptyState } from "@/ui/surfaces";

interface NothingOnItProps {
  /** Whether there is a saved report that could be put here. */
  hasReports: boolean;
  /** Null for who may not change it. */
  onEdit: (() => void) | null;
}

export function NothingOnIt({ hasReports, onEdit }: NothingOnItProps) {
  const root = `/projects/${useProject().id}`;
  if (!onEdit) return <EmptyState title="Nothing is on this dashboard">Who may edit the project can put saved reports here.</EmptyState>;
  if (hasReports) {
    const action = (
      <Button look="primary" onClick={onEdit}>
        Add reports
      </Button>
    );
    return (
      <EmptyState title="Nothing is on this dashboard yet" action={action}>
        Put saved reports on it, in the order and with the room that they deserve.
      </EmptyState>
    );
  }
  const action = (
    <>
      <ButtonLink to={`${root}/trends`} look="primary">
        Ask for trends
      </ButtonLink>
      <ButtonLink to={`${root}/funnels`}>Open a funnel</ButtonLink>
    </>
  );
  return (
    <EmptyState title="First it takes a saved report" action={action}>
      Ask a question on any page, from Funnels to Sessions, choose “Save as a report” below its chart, and there this dashboard.
    </EmptyState>
  );
}
