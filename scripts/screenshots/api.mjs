// What fills the server with data: requests of the people in them.

/** The password of everyone on the server of the screenshots. */
export const PASSWORD = 'correct horse battery staple';

/** Sends requests to the API as one account. */
export class Api {
  #url;
  #token;

  constructor(url, token) {
    this.#url = url;
    this.#token = token;
  }

  /** Registers an account. */
  static async register(url, person) {
    const { username, displayName, title, pronouns } = person;
    const email = `${username}@tidewater.example`;
    const body = { username, displayName, email, password: PASSWORD };
    const { accessToken, me } = await new Api(url).send('POST', '/auth/register', body);
    const api = new Api(url, accessToken);
    if (title || pronouns) await api.send('PATCH', '/me', { title, pronouns });
    return { api, id: me.id };
  }

  /** Logs in. */
  static async login(url, username) {
    const body = { login: username, password: PASSWORD };
    const { accessToken } = await new Api(url).send('POST', '/auth/login', body);
    return new Api(url, accessToken);
  }

  async send(method, path, body) {
    const answer = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Uploads a file with the tus protocol; returns its id. */
  async upload(name, bytes) {
    const headers = { authorization: `Bearer ${this.#token}`, 'tus-resumable': '1.0.0' };
    const created = await fetch(`${this.#url}/api/v1/uploads`, {
      method: 'POST',
      headers: {
        ...headers,
        'upload-length': String(bytes.length),
        'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
      },
    });
    const id = created.headers.get('location')?.split('/').pop();
    if (!created.ok || id === undefined) throw new Error(`Upload of ${name}: ${created.status}`);
    const stored = await fetch(`${this.#url}/api/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: {
        ...headers,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '0',
      },
      body: bytes,
    });
    if (!stored.ok) throw new Error(`Upload of ${name}: ${stored.status} ${await stored.text()}`);
    return id;
  }
}
