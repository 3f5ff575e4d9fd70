import { ButtonLink } from "@/ui/Button";
import { Notice } from "./Notice";
import { useTitle } from "./title";

export function NotFoundPage() {
  useTitle("Not found");
  return (
    <Notice title="There is no such page" action={<ButtonLink to="/" look="primary">Go to the start</ButtonLink>}>
      The address may be mistyped, or what it led to was deleted.
    </Notice>
  );
}
