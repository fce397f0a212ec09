import { memo } from 'react';
import { Toaster } from 'sonner';
import { direction, t } from '../texts/index.ts';
import { useTheme } from '../ui/theme.ts';

/** Shows the toasts, in the colors of the theme. */
export const Toasts = memo(function Toasts() {
  const theme = useTheme();
  return (
    <Toaster
      theme={theme}
      dir={direction}
      position={direction === 'rtl' ? 'top-left' : 'top-right'}
      containerAriaLabel={t('ownMenu.notifications')}
      style={{ fontFamily: 'inherit' }}
      toastOptions={{
        style: {
          fontFamily: 'inherit',
          background: 'var(--raised)',
          color: 'var(--ink)',
          borderColor: 'var(--line)',
        },
        actionButtonStyle: {
          height: '2rem',
          padding: '0 0.75rem',
          fontSize: '13px',
          background: 'var(--accent)',
          color: 'var(--on-accent)',
        },
      }}
    />
  );
});
