import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "@/ui/Button";
import { useSay } from "@/ui/toasts";
import { undelete, type Subject } from "./history_queries";

/** Takes a deletion back: the thing is where it was, as it was. */
export function Undelete({ subject, name }: { subject: Subject; name: string }) {
  const client = useQueryClient();
  const say = useSay();
  const work = useMutation({
    mutationFn: () => undelete(subject),
    onSuccess: () => say(`${name} is back.`),
    onError: (error) => say(error.message),
    onSettled: () => client.invalidateQueries(), // lists, answers and histories: it may stand in any
  });
  return (
    <Button look="primary" isBusy={work.isPending} onClick={() => work.mutate()}>
      Undelete<span className="sr-only"> {name}</span>
    </Button>
  );
}
