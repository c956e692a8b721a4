import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { pageSamples } from '../../rig/page-samples.tsx'
import { createTexts, readCatalogues } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import { renderPage } from './layout.tsx'

const ASSETS = {
  style: '/assets/s.css',
  script: '/assets/p.js',
  botCheck: '/assets/b.js',
  botCheckWorker: '/assets/w.js',
  hostedCheck: '/assets/h.js',
  password: '/assets/pw.js',
  passkey: '/assets/pk.js',
  icon: '/assets/i.svg',
}
const texts = createTexts<Messages>(readCatalogues(fileURLToPath(new URL('../../locales', import.meta.url))))
const languages = texts.locales.map(locale => ({ locale, name: locale }))

type Page = { readonly name: string; readonly html: string }
const pagesIn = (locale: string): Page[] =>
  pageSamples(texts.for(locale, 'UTC'), ASSETS, languages, '/assets/d.js').map(({ name, tree }) => ({
    name,
    html: renderPage(tree),
  }))

const all = (html: string, pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].map(([, found = '']) => found)

describe.each(texts.locales)('pages in %s', locale => {
  let pages: Page[] = []
  beforeAll(() => {
    pages = pagesIn(locale)
  })
  const faults = (isFaulty: (html: string) => boolean): string[] =>
    pages.filter(({ html }) => isFaulty(html)).map(({ name }) => name)

  test('name their language and direction', () => {
    const dir = locale === 'ar' ? 'rtl' : 'ltr'
    expect(faults(html => !html.startsWith(`<!doctype html><html lang="${locale}" dir="${dir}">`))).toEqual(
      [],
    )
  })

  test('have one heading of the first level, one main part and a title with the state', () => {
    expect(faults(html => all(html, /<(h1)[ >]/g).length !== 1)).toEqual([])
    expect(faults(html => all(html, /<(main)[ >]/g).length !== 1)).toEqual([])
    expect(
      faults(
        html => !all(html, /<title>(.*?)<\/title>/g)[0]?.includes(all(html, /<h1>(.*?)<\/h1>/g)[0] ?? '?'),
      ),
    ).toEqual([])
  })

  test('have no script or style in the page, and load nothing from elsewhere', () => {
    expect(
      faults(html => /<script(?![^>]* src="\/assets\/)|<style|\sstyle=|\son\w+=|javascript:/.test(html)),
    ).toEqual([])
    expect(faults(html => /(?:src|<link[^>]* href)="(?!\/assets\/|#main")/.test(html))).toEqual([])
  })

  test('carry the form token in every form of the portal', () => {
    const forms = (html: string): string[] => all(html, /(<form method="post".*?<\/form>)/gs)
    const isBare = (form: string): boolean => !form.includes('name="form_token"') && !form.includes('/demo/')
    expect(faults(html => forms(html).some(isBare))).toEqual([])
    expect(pages.filter(({ html }) => forms(html).length > 0).length).toBeGreaterThan(20)
  })

  test('give each id once, and point only to ids that exist', () => {
    const ids = (html: string): string[] => all(html, /\sid="([^"]+)"/g)
    const pointers = (html: string): string[] =>
      all(html, /\s(?:for|aria-describedby|aria-labelledby|aria-controls)="([^"]+)"/g).flatMap(found =>
        found.split(' '),
      )
    expect(faults(html => new Set(ids(html)).size !== ids(html).length)).toEqual([])
    expect(faults(html => pointers(html).some(id => !ids(html).includes(id)))).toEqual([])
  })

  test('carry the way to a human, and the reference once there is one', () => {
    const portal = pages.filter(({ name }) => !name.startsWith('demo'))
    expect(portal.filter(({ html }) => !html.includes('href="tel:+442079460000"'))).toEqual([])
    const started = portal.filter(({ name }) =>
      /^(choose|code|password|unlock|writing|uncertain|done|failed)/.test(name),
    )
    expect(started.length).toBeGreaterThan(20)
    expect(started.filter(({ html }) => !html.includes('K7-4QF')).map(({ name }) => name)).toEqual([])
  })
})

describe('what a page may not claim', () => {
  const htmlOf = (name: string): string => pagesIn('en').find(each => each.name === name)?.html ?? ''

  test('a code is on its way only if an address is registered, before the first gate', () => {
    expect(htmlOf('code-mail')).toContain(
      'If an address is registered for this account, a code is on its way.',
    )
    expect(htmlOf('code-mail-second')).toContain('A code is on its way to a…@….')
  })

  test('names from outside are text', () => {
    const [sample] = pageSamples(
      texts.for('en', 'UTC'),
      { ...ASSETS, icon: '"><script>alert(1)</script>' },
      languages,
      '',
    )
    expect(sample && renderPage(sample.tree)).not.toContain('<script>alert')
  })
})
