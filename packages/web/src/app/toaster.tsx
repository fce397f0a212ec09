import { useEffect } from 'react';
import { Toaster as Sonner, toast } from 'sonner';
import 'sonner/dist/styles.css';
import { direction, t } from '../texts/index.ts';
import { useTheme } from '../ui/theme.ts';
import { showToastsWith } from '../ui/toast.ts';

const BELOW_HEADER = { top: '4rem' };

/** Shows the toasts, in the colors of the theme. */
export function Toaster() {
  const theme = useTheme();
  // After the effect with which the component below starts to listen.
  useEffect(() => showToastsWith(toast), []);
  return (
    <Sonner
      theme={theme}
      dir={direction}
      position={direction === 'rtl' ? 'top-left' : 'top-right'}
      // Below the header of a page, whose buttons they would cover.
      offset={BELOW_HEADER}
      mobileOffset={BELOW_HEADER}
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
}
