import { expect, test } from 'vitest';
import { metadataOf, plainText } from './page-metadata.ts';

const url = new URL('https://example.org/a/page');
const facts = (html: string | Buffer, contentType = 'text/html; charset=utf-8') =>
  metadataOf({ url, contentType, bytes: Buffer.from(html) });

test('a preview has the title, description, site and image of Open Graph, or else those of HTML', async () => {
  expect(
    await facts(`<title>Other</title><meta property="og:title" content="A &amp; B">
      <meta name=description content="Other"><meta property=og:description content=" What
      it is "><meta property="og:site_name" content="Example">
      <meta property="og:image" content="../image.png">`),
  ).toEqual({
    title: 'A & B',
    description: 'What it is',
    siteName: 'Example',
    image: 'https://example.org/image.png',
  });
  expect(
    await facts(
      '<svg><title>icon</title></svg><TITLE>Plain</TITLE><META NAME=Description CONTENT=x>',
    ),
  ).toEqual({ title: 'Plain', description: 'x' });
  expect(await facts('<p>Nothing</p>')).toBeNull();
  expect(await facts('')).toBeNull();
});

test('a preview is plain text: markup remains text, and invisible controls are removed', async () => {
  expect(
    await facts(
      '<title>&lt;script&gt;alert(1)&lt;/script&gt; \u202egnp.exe &#0;&#xd800;x\u0000</title>',
    ),
  ).toEqual({ title: '<script>alert(1)</script> gnp.exe x' });
  expect(await facts('<title><img src=x onerror=alert(1)></title>')).toEqual({
    title: '<img src=x onerror=alert(1)>',
  });
});

test('a preview is bounded, whatever the page contains', async () => {
  const many = '<meta property="og:title" content="first">'.repeat(10_000);
  const long = 'x'.repeat(500_000);
  const found = await facts(
    `${many}<meta name=description content="${long}"><title>${long}${'<b>'.repeat(50_000)}`,
  );
  expect(found?.title).toBe('first');
  expect(found?.description).toHaveLength(300);
  expect(plainText('🙂'.repeat(10), 5)).toBe(`${'🙂'.repeat(4)}…`);
  expect(plainText('🙂'.repeat(5), 5)).toBe('🙂'.repeat(5));
});

test('a page is decoded by the encoding that its headers or the page itself name', async () => {
  const latin1 = Buffer.from('<meta charset=windows-1252><title>Gr\xfc\xdfe</title>', 'latin1');
  expect(await facts(latin1, 'text/html')).toEqual({ title: 'Grüße' });
  const shiftJis = Buffer.concat([
    Buffer.from('<title>'),
    Buffer.from([0x93, 0xfa, 0x96, 0x7b]),
    Buffer.from('</title>'),
  ]);
  expect(await facts(shiftJis, 'text/html; charset=Shift_JIS')).toEqual({ title: '日本' });
  expect(await facts('<title>Grüße</title>', 'text/html; charset=no-such')).toEqual({
    title: 'Grüße',
  });
  expect((await facts(latin1, 'text/html; charset=utf-8'))?.title).toBe('Gr e');
  expect(await facts('<title>x</title>', ';;;')).toEqual({ title: 'x' });
});

test('have no image with an address that cannot be read', async () => {
  expect(await facts('<title>x</title><meta property=og:image content="http://[::bad">')).toEqual({
    title: 'x',
  });
});

test('what is behind elements nested too deep, which would take minutes, is not read', async () => {
  const deep = '<b>'.repeat(150_000) + '</i>'.repeat(100_000);
  expect(await facts(`<title>Deep</title>${deep}<meta name=description content=x>`)).toEqual({
    title: 'Deep',
  });
  const wide = '<p><b>x</b><br>'.repeat(20_000);
  expect(await facts(`<title>Wide</title>${wide}<meta name=description content=x>`)).toEqual({
    title: 'Wide',
    description: 'x',
  });
}, 20_000);

test('there is no preview if nothing in it is visible', async () => {
  expect(await facts('<title>\u200b\u2060\u3164</title>')).toBeNull();
  expect(await facts('<title>👩\u200d💻</title>')).toEqual({ title: '👩\u200d💻' });
});
