import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { useCountdown } from '../ui/use-countdown.ts';

/** Requests another code. It shows how long the server rejects the request, until a time in ms since the epoch. */
export function ResendButton({
  until,
  onResend,
  className,
}: {
  until: number;
  onResend: () => void;
  className?: string;
}) {
  const secondsLeft = useCountdown(until);
  return (
    <Button
      look="quiet"
      // Not disabled, which would take the focus away after a click.
      aria-disabled={secondsLeft > 0 || undefined}
      onClick={() => secondsLeft === 0 && onResend()}
      className={cx('aria-disabled:opacity-55', className)}
    >
      <span className="tabular-nums">
        {secondsLeft > 0
          ? t('common.resendCodeIn', { seconds: secondsLeft })
          : t('common.resendCode')}
      </span>
    </Button>
  );
}
