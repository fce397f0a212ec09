import { type ConversationView, newId } from '@parley/client';
import type { ClientId } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { loadPart } from '../lib/load-error.ts';
import { errorMessage } from '../lib/text.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import {
  type CommandName,
  commandsIn,
  type TypedCommand,
  typedCommand,
  type UnknownCommand,
  unknownCommand,
} from '../slash-commands/commands.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';

/** The slash commands of a message field. */
export interface SlashCommands {
  /** Whether one is being executed. */
  readonly isRunning: boolean;
  /** The commands that the user may use here. */
  readonly names: readonly CommandName[];
  /** Parses a text as a command; returns null if it is a message. */
  commandOf(text: string): TypedCommand | UnknownCommand | null;
  /**
   * Executes a command, and calls `onDone` if it succeeded. Shows the result to the user, or that there is no such
   * command: everyone would read a mistyped one.
   */
  run(command: TypedCommand | UnknownCommand, onDone: () => void): void;
}

/** Executes slash commands in a conversation, or in a thread of it. */
export function useSlashCommands(view: ConversationView, isInThread = false): SlashCommands {
  const client = useClient();
  const me = useAccountId();
  const navigate = useNavigate();
  const [isRunning, setRunning] = useState(false);
  /** The ids of the steps of a failed command, so that a retry repeats none that succeeded. */
  const ids = useRef(new Map<string, ClientId>());
  const run = async ({ name, rest }: TypedCommand, onDone: () => void) => {
    setRunning(true);
    const commandId = (step: string) => {
      const key = `${name} ${rest} ${step}`;
      const id = ids.current.get(key) ?? newId();
      ids.current.set(key, id);
      return id;
    };
    const search = (text: string) => {
      const q = `in:${view.id} ${text}`.trim();
      void navigate({ to: '/search', search: { q } });
    };
    try {
      const { runCommand } = await loadPart(() => import('../slash-commands/run.ts'));
      const context = { client, view, me, commandId, search };
      const done = await runCommand({ name, rest }, context);
      ids.current.clear();
      if (done !== null) toast.success(done);
      onDone();
    } catch (error) {
      toast.error(errorMessage(error));
    } finally {
      setRunning(false);
    }
  };
  const names = commandsIn(view, isInThread);
  return {
    isRunning,
    names,
    commandOf: (text) => typedCommand(text, names) ?? unknownCommand(text),
    run: (command, onDone) => {
      if ('unknown' in command) {
        toast.error(t('commands.unknown', { name: command.unknown }), {
          description: t('commands.unknownHint'),
        });
      } else void run(command, onDone);
    },
  };
}
