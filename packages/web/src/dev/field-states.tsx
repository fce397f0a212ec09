import { useState } from 'react';
import { Card } from '../ui/card.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Choice } from '../ui/choice.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { Switch } from '../ui/switch.tsx';
import { TextArea } from '../ui/text-area.tsx';

/** Shows the fields of forms in all of their states. */
export function FieldStates() {
  const [isOn, setOn] = useState(true);
  return (
    <Card
      title="Field, TextArea, Select, Checkbox, Switch, Choice"
      description="Default, with a hint, invalid, disabled."
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" placeholder="Your name" />
        <Field label="Username" defaultValue="nadia" hint="Lower-case letters and digits." />
        <Field label="Email" defaultValue="nadia@" error="Enter a valid email address" />
        <Field label="Locked" defaultValue="Set by the server" disabled />
        <Field label="Password" type="password" defaultValue="correct horse" />
        <Select
          label="Role"
          options={[
            ['member', 'Member'],
            ['admin', 'Admin'],
          ]}
        />
        <TextArea label="Description" placeholder="What the group is about" />
        <TextArea label="Reason" error="Enter a reason" />
        <CodeField label="Code" hint="From your authenticator app." />
        <div>
          <Checkbox label="Notify everyone" defaultChecked />
          <Checkbox label="Also remove the messages" hint="Of the last seven days." />
          <Checkbox label="Not allowed here" disabled />
        </div>
        <div>
          <Switch
            label="Link previews"
            hint="For everyone on the server."
            checked={isOn}
            onChange={setOn}
          />
          <Switch label="Off" checked={false} onChange={() => undefined} />
          <Switch label="Disabled" checked disabled onChange={() => undefined} />
        </div>
        <Choice
          name="visibility"
          label="Visibility"
          options={[
            ['public', 'Public', 'Everyone can find and join it.'],
            ['private', 'Private', 'Only members see it.'],
          ]}
        />
      </div>
    </Card>
  );
}
