import { Download } from 'lucide-react';
import { saveFile } from '../lib/save-file.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Shows recovery codes. The server does not return them again. */
export function RecoveryCodes({
  codes,
  onSaved,
}: {
  codes: readonly string[];
  onSaved: () => void;
}) {
  const text = codes.join('\n');
  return (
    <div>
      <ul
        aria-label={t('recoveryCodes.list')}
        className="grid grid-cols-2 gap-x-6 gap-y-2 rounded-2xl border border-line bg-sunken p-4 text-center font-mono text-body"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">
        <CopyButton text={text} label={t('recoveryCodes.copy')} />
        <Button onClick={() => saveFile('parley-recovery-codes.txt', `${text}\n`, 'text/plain')}>
          <Download size={16} /> {t('recoveryCodes.download')}
        </Button>
      </div>
      <Button look="primary" className="mt-5 min-h-11 w-full" onClick={onSaved}>
        {t('recoveryCodes.saved')}
      </Button>
    </div>
  );
}

/** Shows recovery codes in a dialog, which is open while `codes` is not null. */
export function RecoveryCodesDialog({
  codes,
  onClose,
}: {
  codes: readonly string[] | null;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={codes !== null}
      onClose={onClose}
      title={t('common.saveRecoveryCodes')}
      description={t('recoveryCodes.intro')}
    >
      {codes !== null && <RecoveryCodes codes={codes} onSaved={onClose} />}
    </Dialog>
  );
}
