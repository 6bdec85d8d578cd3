import { useEffect, useId, useRef, useState } from 'preact/hooks';

export interface ComboOption {
  readonly value: string;
  readonly label: string;
  readonly detail?: string;
}

interface Properties {
  readonly label: string;
  readonly placeholder: string;
  /** What stands in the field while nobody types. */
  readonly value: string;
  readonly options: (typed: string) => readonly ComboOption[];
  /** Said where nothing is found. */
  readonly none?: string;
  readonly describedBy?: string;
  readonly invalid?: boolean;
  /** An option, or the text as it was typed. */
  readonly onChoose: (value: string) => void;
}

/** A field with a list that narrows as one types: the combobox pattern of ARIA's authoring practices. */
export function Combobox(properties: Properties) {
  const { label, placeholder, value, options, none, describedBy, invalid, onChoose } = properties;
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const isOpen = typed !== null;
  const shown = isOpen ? options(typed) : [];

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active, isOpen]);

  const close = () => {
    setTyped(null);
    setActive(0);
  };
  const choose = (chosen: string) => {
    close();
    if (chosen.trim() !== '') {
      onChoose(chosen);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!isOpen) {
        setTyped('');
        return;
      }
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((active + step + shown.length) % Math.max(shown.length, 1));
    } else if (event.key === 'Enter' && isOpen) {
      event.preventDefault();
      choose(shown[active]?.value ?? typed);
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault();
      close();
    }
  };
  return (
    <div class="combobox">
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen && shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && shown.length > 0 ? `${id}-${active}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={value === '' || isOpen ? placeholder : undefined}
        value={typed ?? value}
        onFocus={(event) => {
          event.currentTarget.select();
        }}
        onClick={() => setTyped((now) => now ?? '')}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
        }}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={label} ref={list} hidden={!isOpen || shown.length === 0}>
        {shown.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field that names it as active has the keys
          <div
            key={option.value}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => setActive(index)}
            onClick={() => choose(option.value)}
          >
            <span>{option.label}</span>
            {option.detail !== undefined && <span class="detail">{option.detail}</span>}
          </div>
        ))}
      </div>
      {isOpen && shown.length === 0 && typed !== '' && none !== undefined && <p class="combobox-none">{none}</p>}
    </div>
  );
}
