import { clsx } from "clsx";
import { useId, type ComponentProps, type ReactNode } from "react";

const CONTROL =
  "w-full min-h-9 rounded-md border border-line-strong bg-surface px-3 py-1.5 text-ink placeholder:text-quiet aria-invalid:border-danger disabled:border-line disabled:bg-sunken disabled:placeholder:text-transparent";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  /** The label is there for screen readers only: what is around says it to the eye. */
  isLabelHidden?: boolean;
}

interface Described {
  id: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

function Frame({ label, hint, error, isLabelHidden, className, children }: FieldProps & { className?: string | undefined; children: (ids: Described) => ReactNode }) {
  const id = useId();
  const said = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "mb-1 block text-sm font-medium"}>
        {label}
      </label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": said })}
      {error ? (
        <p id={`${id}-error`} className="mt-1 text-sm text-danger">
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-hint`} className="mt-1 text-sm text-quiet">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export function TextField({ label, hint, error, isLabelHidden = false, className, ...rest }: FieldProps & ComponentProps<"input">) {
  return (
    <Frame {...{ label, hint, error, isLabelHidden, className }}>
      {(ids) => <input {...rest} {...ids} className={CONTROL} />}
    </Frame>
  );
}

/** The system's own list: phones and screen readers know it best. */
export function SelectField({ label, hint, error, isLabelHidden = false, className, children, ...rest }: FieldProps & ComponentProps<"select">) {
  return (
    <Frame {...{ label, hint, error, isLabelHidden, className }}>
      {(ids) => (
        <select {...rest} {...ids} className={clsx(CONTROL, "pr-8")}>
          {children}
        </select>
      )}
    </Frame>
  );
}

/** Free text with suggestions under it. */
export function SuggestField({ label, hint, error, isLabelHidden = false, className, suggestions, ...rest }: FieldProps & ComponentProps<"input"> & { suggestions: readonly string[] }) {
  const listId = useId();
  return (
    <Frame {...{ label, hint, error, isLabelHidden, className }}>
      {(ids) => (
        <>
          <input {...rest} {...ids} list={listId} autoComplete="off" className={CONTROL} />
          <datalist id={listId}>
            {suggestions.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </>
      )}
    </Frame>
  );
}

export function Checkbox({ label, className, ...rest }: { label: string } & ComponentProps<"input">) {
  return (
    <label className={clsx("inline-flex items-center gap-2 text-sm", className)}>
      <input {...rest} type="checkbox" className="size-4 accent-accent" />
      {label}
    </label>
  );
}
