import { Download } from 'lucide-react';
import { saveFile } from '../lib/save-file.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** The recovery codes, the only time that they are shown. */
export function RecoveryCodes({
  codes,
  onStored,
}: {
  codes: readonly string[];
  onStored: () => void;
}) {
  const text = codes.join('\n');
  return (
    <div>
      <ul
        aria-label="Recovery codes"
        className="grid grid-cols-2 gap-x-6 gap-y-2 rounded-2xl border border-line bg-sunken p-4 text-center font-mono text-[15px]"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">
        <CopyButton text={text} label="Copy all" />
        <Button onClick={() => saveFile('parley-recovery-codes.txt', `${text}\n`, 'text/plain')}>
          <Download size={16} /> Download
        </Button>
      </div>
      <Button look="primary" className="mt-5 min-h-11 w-full" onClick={onStored}>
        I have stored them
      </Button>
    </div>
  );
}

/** The recovery codes in a dialog; null: there are none to show. */
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
      title="Store your recovery codes"
      description="Each of them lets you in once, should you lose your device. They are shown only now."
    >
      {codes !== null && <RecoveryCodes codes={codes} onStored={onClose} />}
    </Dialog>
  );
}
