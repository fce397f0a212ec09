import { LABEL } from './field-style.ts';

/** Radio buttons with a description each. The first is selected at first. */
export function Choice({
  name,
  label,
  options,
}: {
  name: string;
  label: string;
  options: readonly (readonly [value: string, title: string, description: string])[];
}) {
  return (
    <fieldset>
      <legend className={`mb-1.5 ${LABEL}`}>{label}</legend>
      <div className="flex flex-col gap-2">
        {options.map(([value, title, description], n) => (
          <label
            key={value}
            className="flex cursor-pointer gap-3 rounded-lg border border-edge p-3 has-checked:border-accent has-checked:bg-accent-soft/50 has-focus-visible:ring-3 has-focus-visible:ring-accent/20"
          >
            <input
              type="radio"
              name={name}
              value={value}
              defaultChecked={n === 0}
              className="mt-1 size-4 shrink-0 accent-(--accent)"
            />
            <span>
              <span className="block font-medium text-sm">{title}</span>
              <span className="block text-note text-soft">{description}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
