// Words that Parley no longer uses, with the word to use instead (docs/glossary.md says what each
// means). scripts/check-words.mjs, part of `npm run lint`, fails where one of them appears.

/**
 * `pattern` is matched without regard to case, as a whole word in text and as a whole part of a
 * camelCase or snake_case name. `only` limits a rule to paths, `except` leaves paths out.
 *
 * @type {readonly { pattern: string, use: string, only?: RegExp, except?: RegExp }[]}
 */
export const RETIRED = [
  // Concepts that have another name.
  { pattern: 'followers?', use: 'Subscription', only: /^packages\/server\/src\/(stream|live)\// },
  { pattern: 'doors?', use: 'HttpListener' },
  { pattern: 'put(?:s|ting)? off', use: 'defer, deferred' },
  { pattern: 'reckon(?:s|ed|ing)?', use: 'estimate, estimated' },
  {
    pattern: '(?:house|houses|town|towns|lived[- ]in)',
    use: 'test nodes, test server, populated database',
  },
  {
    pattern: 'rooms?',
    use: 'group, conversation, or space in a buffer',
    except: /^bench\/(peers\/|src\/load\/kinds\.ts)/,
  },
  { pattern: 'holes?', use: 'gap' },
  {
    pattern: 'stays',
    use: 'membership periods',
    only: /^packages\/server\/src\/(conversations|live|stream)\//,
  },
  {
    pattern: '(?:somebody|anybody|nobody|everybody)',
    use: 'the account, user, caller or client; someone, no one, everyone',
    // The Unix user.
    except: /storage\/run-as\.ts$/,
  },
  {
    pattern: 'mails?',
    use: 'email',
    except:
      /^(docs\/deploy|packages\/server\/src\/email\/transport\.ts$|packages\/server\/test\/support\/smtp-server\.ts$|packages\/server\/src\/texts\/de\.ts$|packages\/web\/src\/(?:texts\/|.*\.tsx$))/,
  },
  // Phrases that a reader would have to translate.
  { pattern: 'dear to', use: 'expensive to' },
  { pattern: 'good for nothing', use: 'invalid, no longer works' },
  { pattern: '(?:has|have|had|is|are|that) run out', use: 'expired' },
  { pattern: 'taken back', use: 'revoked, retracted' },
  { pattern: 'comes? again', use: 'is retried, is repeated' },
  { pattern: 'given up', use: 'timed out, abandoned' },
  { pattern: 'takes nothing', use: 'does not read' },
  { pattern: 'in words', use: 'with an error message' },
  { pattern: 'mended', use: 'fixed, repaired' },
  { pattern: 'begun', use: 'started' },
  { pattern: 'unawares', use: 'without noticing' },
  { pattern: 'goes? by the way', use: 'say what happens' },
  { pattern: 'way round', use: 'circular dependency, workaround' },
  { pattern: 'last words', use: 'last log lines' },
  { pattern: 'nothing of that name', use: 'no matches' },
  { pattern: 'anew', use: 'again', except: /storage\/migrations\// },
  { pattern: 'for ever', use: 'forever, or say when it ends', except: /storage\/migrations\// },
  { pattern: 'in vain', use: 'without success, timed out' },
  { pattern: 'twins?', use: 'duplicate' },
  {
    pattern: 'doubled',
    use: 'duplicated',
    // Lock times that really double.
    except: /accounts\/attempts\//,
  },
  // American spelling.
  { pattern: 'colour(?:s|ed)?', use: 'color' },
  { pattern: 'licences?', use: 'license' },
  { pattern: 'behaviours?', use: 'behavior' },
  { pattern: 'neighbour(?:s|ing)?', use: 'neighbor' },
  { pattern: 'favourites?', use: 'favorite' },
  { pattern: 'catalogues?', use: 'catalog' },
];

/** Paths that are not checked: what others wrote, what cannot change, and this list. */
export const UNCHECKED =
  /^(?:fixtures\/|packages\/protocol\/src\/emoji\/list\.ts|LICENSE|package-lock\.json|docs\/glossary\.md|scripts\/(?:retired|check)-words\.mjs|packages\/server\/src\/storage\/migrations\/00(?:0\d|1[012])_)/;
