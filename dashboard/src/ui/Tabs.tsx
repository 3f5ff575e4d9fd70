import { clsx } from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface Tab<Id extends string> {
  id: Id;
  label: string;
  content: ReactNode;
}

interface TabsProps<Id extends string> {
  label: string;
  tabs: readonly Tab<Id>[];
  chosen: Id;
  onChoose: (id: Id) => void;
}

export function Tabs<Id extends string>({ label, tabs, chosen, onChoose }: TabsProps<Id>) {
  return (
    <Radix.Root value={chosen} onValueChange={(id) => onChoose(id as Id)}>
      <Radix.List ref={inSight} aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map(({ id, label: name }) => (
          <Radix.Trigger
            key={id}
            value={id}
            className={clsx(
              "-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium whitespace-nowrap text-quiet hover:text-ink",
              "data-[state=active]:border-accent data-[state=active]:text-ink",
            )}
          >
            {name}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id}>
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

/** On phones the row may be longer than its place: the tab that is open is shown. */
function inSight(row: HTMLElement | null): void {
  const open = row?.querySelector<HTMLElement>("[data-state=active]");
  if (row && open) row.scrollLeft += Math.max(0, open.getBoundingClientRect().right - row.getBoundingClientRect().right);
}
