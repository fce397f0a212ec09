/** The look of a menu; its width is added. */
export const MENU =
  'surface-in z-50 max-h-(--radix-dropdown-menu-content-available-height) max-w-[calc(100vw-1rem)] overflow-y-auto rounded-xl border border-line bg-raised p-1.5 shadow-overlay';

/** The look of an item of a menu. */
export const MENU_ITEM =
  'flex min-h-9 pointer-coarse:min-h-11 w-full cursor-default select-none items-center gap-2.5 rounded-lg px-2.5 text-sm text-soft outline-none data-[highlighted]:bg-hover data-[highlighted]:text-ink data-[disabled]:opacity-60';

/** The look of a line between groups of items. */
export const MENU_LINE = 'my-1.5 h-px bg-line';

/** The look of the heading of a group of items. */
export const MENU_LABEL = 'px-2.5 pt-1 pb-1.5 font-medium text-caption text-muted';
