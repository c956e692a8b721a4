import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS, PROFILES, type Settings } from '../settings.ts'
import { contradictions, mistakesIn } from './settings-check.ts'

const network = {
  name: 'School',
  cidrs: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'],
  sourceBudget: 20,
  disclosure: null,
  sharedComputers: true,
}
const GOOD: Settings = {
  ...DEFAULT_SETTINGS,
  scope: { kind: 'selected', groups: ['staff'] },
  administrators: { groups: ['admins'], notify: ['security@example.org'] },
  networks: [network],
  password: { minLength: 15, maxLength: 256, bannedWords: ['contoso', 'パスワード'] },
  texts: { nextSteps: { en: 'Change it\non your phone.' }, loginHelp: { 'pt-BR': 'nome@example.org' } },
  signInUrl: 'https://portal.example.org/',
  returnAddresses: ['https://portal.example.org/welcome', 'http://localhost:3000/'],
}

const QUESTIONS = DEFAULT_SETTINGS.questions
const ownTopics = (...changes: Partial<{ id: string; text: string }>[]): Partial<Settings> => ({
  questions: { ...QUESTIONS, own: changes.map(change => ({ id: 'badge', text: 'Which badge?', ...change })) },
})

test('questions need another method beside them, and do not exist in the strict profile', () => {
  const methods: Settings['methods'] = ['security_questions', 'email']
  const policy = {
    ...GOOD,
    methods,
    questions: { registered: 4, asked: 4, own: [{ id: 'badge', text: 'Which badge?' }] },
  }
  expect(mistakesIn(policy, PROFILES.standard)).toEqual([])
  expect(mistakesIn(policy, PROFILES.strict)).toEqual([
    'methods: security_questions does not exist in the strict profile.',
  ])
  expect(DEFAULT_SETTINGS.methods).not.toContain('security_questions')
})

test('a good policy has no mistakes, in either profile', () => {
  expect(mistakesIn(GOOD, PROFILES.standard)).toEqual([])
  expect(mistakesIn(GOOD, PROFILES.strict)).toEqual([])
})

test.each<[string, Partial<Settings>, RegExp]>([
  [
    'selected without groups',
    { scope: { kind: 'selected', groups: [] } },
    /^scope\.groups must name a group/,
  ],
  ['no method', { methods: [], gates: 1 }, /^methods must name as many methods as there are gates: 1/],
  ['a method twice', { methods: ['email', 'email'] }, /^methods names one method twice/],
  [
    'two gates and one method',
    { methods: ['email'], gates: 2 },
    /^methods must name as many methods as there are gates: 2/,
  ],
  [
    'questions as the only gate',
    { methods: ['security_questions'], gates: 1 },
    /^methods must name another one beside security_questions/,
  ],
  [
    'two questions',
    { questions: { ...QUESTIONS, registered: 2 } },
    /^questions\.registered must lie between 3 and 5/,
  ],
  ['six questions', { questions: { ...QUESTIONS, asked: 6 } }, /^questions\.asked must lie between 3 and 5/],
  [
    'more asked than registered',
    { questions: { ...QUESTIONS, registered: 3, asked: 4 } },
    /^questions\.asked must not be more/,
  ],
  ['a topic twice', ownTopics({}, { text: 'Another one?' }), /^questions\.own names one id twice/],
  [
    'one question in two cases',
    ownTopics({}, { id: 'other', text: 'which BADGE?' }),
    /^questions\.own holds one question twice/,
  ],
  ['an id of ours', ownTopics({ id: 'first_pet' }), /^questions\.own: "first_pet" must be a new id/],
  ['an id that is none', ownTopics({ id: '__proto__' }), /"__proto__" must be a new id/],
  ['a short question', ownTopics({ text: 'a?' }), /the text of "badge" must have between 3 and 200/],
  ['a turned question', ownTopics({ text: 'Which\u202e badge?' }), /the text of "badge"/],
  [
    'a network that is none',
    { networks: [{ ...network, cidrs: ['10.0.0.0/33'] }] },
    /"School" holds 10\.0\.0\.0\/33/,
  ],
  [
    'a network of a name',
    { networks: [{ ...network, cidrs: ['example.org'] }] },
    /"School" holds example\.org/,
  ],
  ['two networks of one name', { networks: [network, network] }, /^networks names one network twice/],
  ['no language', { organisation: { ...GOOD.organisation, locale: 'x_y' } }, /^organisation\.locale x_y/],
  [
    'no time zone',
    { organisation: { ...GOOD.organisation, timeZone: 'Moon' } },
    /^organisation\.time_zone Moon/,
  ],
  [
    'a turned name',
    { organisation: { ...GOOD.organisation, name: 'a\u202eb' } },
    /^organisation\.name holds/,
  ],
  [
    'a short minimum',
    { password: { ...GOOD.password, minLength: 7 } },
    /^password\.min_length must lie between 8 and 64/,
  ],
  ['a long minimum', { password: { ...GOOD.password, minLength: 65 } }, /^password\.min_length must lie/],
  [
    'a short maximum',
    { password: { ...GOOD.password, maxLength: 63 } },
    /^password\.max_length must lie between 64 and 256/,
  ],
  ['a long maximum', { password: { ...GOOD.password, maxLength: 257 } }, /^password\.max_length must lie/],
  [
    'a short word',
    { password: { ...GOOD.password, bannedWords: ['abc'] } },
    /"abc" must have between 4 and 16/,
  ],
  [
    'a long word',
    { password: { ...GOOD.password, bannedWords: ['a'.repeat(17)] } },
    /must have between 4 and 16/,
  ],
  [
    'one word twice',
    { password: { ...GOOD.password, bannedWords: ['Contoso', 'contoso'] } },
    /holds one word twice/,
  ],
  [
    'a long text',
    { texts: { nextSteps: { en: 'x'.repeat(2001) }, loginHelp: {} } },
    /^texts\.next_steps\.en is longer/,
  ],
  [
    'a bell in a text',
    { texts: { nextSteps: {}, loginHelp: { en: '\u0007' } } },
    /^texts\.login_help\.en is longer/,
  ],
  ['a script to sign in', { signInUrl: 'javascript:alert(1)' }, /^sign_in_url must be/],
  ['plain http to sign in', { signInUrl: 'http://portal.example.org' }, /^sign_in_url must be/],
  [
    'a name before the host',
    { returnAddresses: ['https://a@example.org/'] },
    /^return_addresses: "https:\/\/a@/,
  ],
  ['a relative address', { returnAddresses: ['//example.org'] }, /^return_addresses: "\/\/example\.org"/],
  [
    'one address twice',
    { returnAddresses: ['https://example.org/', 'https://example.org/'] },
    /one address twice/,
  ],
  [
    'nobody to notify',
    { administrators: { groups: [], notify: ['security'] } },
    /^notify_administrators: "security"/,
  ],
])('%s is told in one sentence', (_what, change, expected) => {
  expect(mistakesIn({ ...GOOD, ...change }, PROFILES.standard)).toEqual([expect.stringMatching(expected)])
})

test.each<[Partial<Settings>, string]>([
  [{ gates: 1 }, 'gates must be 2 in the strict profile.'],
  [{ disclosure: 'helpful' }, 'disclosure must be uniform in the strict profile.'],
  [
    { networks: [{ ...network, disclosure: 'helpful' }] },
    'networks: disclosure of "School" must be uniform in the strict profile.',
  ],
  [
    { password: { ...GOOD.password, minLength: 14 } },
    'password.min_length must be at least 15 in the strict profile.',
  ],
])('the strict profile is contradicted by %j', (change, sentence) => {
  const settings = { ...GOOD, ...change }
  expect(contradictions(settings, PROFILES.strict)).toEqual([sentence])
  expect(contradictions(settings, PROFILES.standard)).toEqual([])
})
