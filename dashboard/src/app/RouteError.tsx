import { useRouteError } from "react-router";
import { Button } from "@/ui/Button";
import { Notice } from "./Notice";

/** A page that failed to load or to draw; what is around it stays. */
export function RouteError() {
  const error = useRouteError();
  const isOldPage = error instanceof TypeError && /dynamically imported|module script/i.test(error.message);
  const action = (
    <Button look="primary" onClick={() => location.reload()}>
      Load it again
    </Button>
  );
  if (isOldPage) {
    return (
      <Notice title="This page could not be loaded" action={action}>
        The server was updated since the window was opened, or cannot be reached now.
      </Notice>
    );
  }
  return (
    <Notice title="This page failed" action={action}>
      {error instanceof Error ? error.message : "The reason is not known."}
    </Notice>
  );
}
