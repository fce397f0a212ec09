import { ClientFrame, ErrorCode, EVENT_DATA, ServerFrame } from '@parley/protocol';
import { z } from 'zod';
import { escapeHtml } from '../../texts/escape-html.ts';
import type { Heading } from './markdown-html.ts';
import { type Schema, schemaHtml, schemaId } from './schema-html.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  /** By the name of the frame, event or schema. */
  readonly schemas: readonly (readonly [string, Schema])[];
}

/** Returns the fields of each frame and of the `data` of each event as HTML, generated from their schemas. */
export function frameSchemasHtml(): { html: string; headings: readonly Heading[] } {
  const fromClient = schemaOf(ClientFrame, 'input');
  const fromServer = schemaOf(ServerFrame, 'output');
  const data = schemaOf(z.object(EVENT_DATA), 'output');
  const { Event: _, ...shared } = { ...fromServer.$defs, ...data.$defs };
  const sections: readonly Section[] = [
    { id: 'client-frames', title: 'Frames from the client', schemas: framesOf(fromClient) },
    { id: 'server-frames', title: 'Frames from the server', schemas: framesOf(fromServer) },
    { id: 'events', title: 'Events: data by type', schemas: Object.entries(data.properties ?? {}) },
    { id: 'schemas', title: 'Schemas', schemas: Object.entries(shared) },
  ];
  const headings = sections.map(({ id, title }) => ({ id, level: 2, text: escapeHtml(title) }));
  return { html: sections.map(sectionHtml).join('\n'), headings };
}

function sectionHtml({ id, title, schemas }: Section): string {
  const articles = schemas.map(([name, schema]) => {
    const anchor = id === 'schemas' ? schemaId(name) : `${id}-${name}`;
    return `<article><h3 id="${anchor}"><a href="#${anchor}">${escapeHtml(name)}</a></h3>${schemaHtml(schema)}</article>`;
  });
  return (
    `<section aria-labelledby="${id}"><h2 id="${id}">${escapeHtml(title)}</h2>` +
    `${articles.join('')}</section>`
  );
}

type DocumentSchema = Schema & { readonly $defs?: Readonly<Record<string, Schema>> };

/** Error codes have a page of their own. */
const CODE = { type: 'string', description: 'One of the [error codes](/docs/errors)' } as const;

const schemaOf = (type: z.ZodType, io: 'input' | 'output'): DocumentSchema =>
  z.toJSONSchema(type, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== ErrorCode) return;
      delete jsonSchema.enum;
      Object.assign(jsonSchema, CODE);
    },
  }) as DocumentSchema;

/** Returns the schemas of a union of frames by their `op`. That of an event has only what all events have. */
const framesOf = ({ oneOf, anyOf, $defs }: DocumentSchema): [string, Schema][] =>
  (oneOf ?? anyOf ?? []).map((frame) => {
    if (frame.$ref === undefined) return [String(frame.properties?.op?.const), frame];
    const [event = {}] = $defs?.Event?.oneOf ?? [];
    const properties = { ...event.properties, type: { type: 'string' }, data: { type: 'object' } };
    return ['event', { properties, required: event.required ?? [] }];
  });
