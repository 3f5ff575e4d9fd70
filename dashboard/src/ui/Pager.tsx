import { Button } from "./Button";

interface PagerProps {
  page: number;
  onPage: (page: number) => void;
  hasMore: boolean;
  back?: string;
  on?: string;
}

/** Through a list page by page; not there where one page is all. */
export function Pager({ page, onPage, hasMore, back = "Back", on = "More" }: PagerProps) {
  if (page === 1 && !hasMore) return null;
  return (
    <div className="mt-3 flex items-center gap-2">
      <Button disabled={page === 1} onClick={() => onPage(page - 1)}>
        {back}
      </Button>
      <Button disabled={!hasMore} onClick={() => onPage(page + 1)}>
        {on}
      </Button>
      <span className="text-sm text-quiet">Page {page}</span>
    </div>
  );
}
