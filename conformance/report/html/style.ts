import { OUTCOMES } from '../../outcome.ts'

/** One rule for each outcome hides what its filter leaves out, and marks its label. */
const FILTERS = OUTCOMES.map(
  (outcome) => `
#show-${outcome}:checked ~ .version .case:not(.${outcome}),
#show-${outcome}:checked ~ .version .group:not(.has-${outcome}),
#show-${outcome}:checked ~ .version:not(.has-${outcome}) { display: none }`,
).join('')

const LABELS = ['all', ...OUTCOMES]
const CHECKED = LABELS.map((id) => `#show-${id}:checked ~ .filters [for="show-${id}"]`).join(', ')
const FOCUSED = LABELS.map((id) => `#show-${id}:focus-visible ~ .filters [for="show-${id}"]`).join(', ')

/** The whole style sheet of the report. */
export const STYLE = `
:root { --ink: #1b1f24; --faint: #57606a; --line: #d0d7de; --paper: #fff; --shade: #f6f8fa; --link: #0b57d0;
  --passed: #1a7f37; --failed: #b3261e; --warned: #8a5a00; --broken: #6b2fa0; --not-offered: #57606a; --not-run: #57606a }
* { box-sizing: border-box }
html { scroll-behavior: auto; -webkit-text-size-adjust: 100% }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
a { color: var(--link) }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em }
code { overflow-wrap: anywhere }
pre { margin: 0; padding: .75rem; background: var(--shade); border: 1px solid var(--line); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; line-height: 1.45 }
h1, h2, h3, h4, h5, p { margin: 0 }
h1 { font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; line-height: 1.3 }
h3 { font-size: 1.2rem; margin: 1.5rem 0 .5rem }
h4 { font-size: 1.05rem; margin: 1.5rem 0 .5rem }
h4 span { font-weight: 400 }
h5 { font-size: .8rem; color: var(--faint); margin: .5rem 0 .25rem; font-weight: 600 }
.kicker { color: var(--faint) }
.interrupted { margin-top: 1rem; padding: .75rem 1rem; border: 1px solid var(--warned); border-left-width: 6px; border-radius: 4px }
.verdict { margin: 1rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-left: 6px solid var(--passed); border-radius: 4px }
.verdict.bad { border-left-color: var(--failed) }
.verdict h2 { margin: 0 0 .25rem; font-size: 1.15rem }
.verdict ul { margin: .5rem 0 0; padding-left: 1.1rem }
.verdict li { margin: .15rem 0 }
dl { margin: 1rem 0 }
dl div { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1rem; padding: .2rem 0 }
dt { color: var(--faint) }
dd { margin: 0; overflow-wrap: anywhere }
details summary { cursor: pointer }
details.info { margin: .5rem 0 }
details.info pre { margin-top: .5rem }
.word { display: inline-block; padding: 0 .5em; border-radius: 3px; font-size: .8rem; font-weight: 600; line-height: 1.5rem;
  color: #fff; background: var(--faint); white-space: nowrap }
${OUTCOMES.map((outcome) => `.word.${outcome} { background: var(--${outcome}) }`).join('\n')}
.word.not-run, .word.not-offered { color: var(--ink); background: none; box-shadow: inset 0 0 0 1px var(--faint) }
table.clauses { width: 100%; border-collapse: collapse; margin: 0 0 2rem }
.clauses caption { text-align: left; font-weight: 600; padding: .25rem 0 .5rem; overflow-wrap: anywhere }
.clauses th, .clauses td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
.clauses thead th { font-size: .85rem; color: var(--faint); font-weight: 600; vertical-align: bottom }
.clauses tbody th { font-weight: 600; white-space: nowrap }
.clauses .count { text-align: right; font-variant-numeric: tabular-nums; width: 5rem }
.clauses .none { color: var(--faint); text-align: right }
${OUTCOMES.map((outcome) => `.clauses td.${outcome} { color: var(--${outcome}); font-weight: 600 }`).join('\n')}
.clauses td.zero { color: #8c959f; font-weight: 400 }
.filtered > input { position: absolute; opacity: 0; pointer-events: none }
.filters { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .4rem; padding: .6rem 0; background: var(--paper);
  border-bottom: 1px solid var(--line); z-index: 1 }
.filter { padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 2rem; cursor: pointer }
.filter:hover { background: var(--shade) }
${CHECKED} { background: var(--ink); border-color: var(--ink); color: #fff }
${FOCUSED} { outline: 3px solid var(--link); outline-offset: 2px }
.group, .case { scroll-margin-top: 4.5rem }
.case { margin: .6rem 0; padding: .6rem .9rem; border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 4px }
${OUTCOMES.map((outcome) => `.case.${outcome} { border-left-color: var(--${outcome}) }`).join('\n')}
.case.not-run, .case.not-offered { border-left-color: #8c959f }
.case:target { outline: 3px solid var(--link); outline-offset: 2px }
.what { display: flex; flex-wrap: wrap; gap: .25rem .6rem; align-items: baseline }
.what .id { font-weight: 600 }
.level { margin-left: auto; color: var(--faint); font-size: .875rem }
.rule { margin-top: .2rem }
.reason { margin-top: .35rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }
.failed .reason { color: var(--failed) }
.warned .reason { color: var(--warned) }
.broken .reason { color: var(--broken); font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem }
.note { margin-top: .2rem; color: var(--faint); font-size: .925rem; overflow-wrap: anywhere }
.note b { font-weight: 600 }
.evidence { margin-top: .5rem }
.exchange { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; margin-bottom: .75rem }
.exchange > div { min-width: 0 }
${FILTERS}
@media (max-width: 45rem) {
  body { padding: 1rem }
  h1 { font-size: 1.5rem }
  dl div { grid-template-columns: 1fr; padding: .35rem 0 }
  .exchange { grid-template-columns: 1fr }
  .level { margin-left: 0 }
  .filters { position: static }
  .group, .case { scroll-margin-top: .5rem }
  .clauses thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  .clauses, .clauses caption, .clauses tbody { display: block }
  .clauses tbody tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; position: relative; padding: .5rem 0 .5rem 4rem;
    border-bottom: 1px solid var(--line) }
  .clauses tbody th, .clauses tbody td { border: 0; padding: 0; width: auto }
  .clauses tbody th { position: absolute; left: 0 }
  .clauses td.about { flex: 1 1 100% }
  .clauses td.count { text-align: left; width: auto; white-space: nowrap }
  .clauses td.count::after { content: " " attr(data-word) }
  .clauses td.zero { display: none }
  .clauses .none { text-align: left; flex: 1 1 100% }
}
@media print {
  @page { margin: 15mm }
  body { max-width: none; padding: 0; font-size: 9.5pt }
  .filters { position: static; display: none }
  a { color: inherit; text-decoration: none }
  details::details-content { content-visibility: visible; display: block; height: auto }
  .evidence > .exchange { display: grid }
  .case, tr, h5, .verdict li { break-inside: avoid }
  details.info pre { display: none }
  .clauses th, .clauses td { padding: .15rem .4rem }
  .clauses .count { width: 4rem }
  .clauses + .clauses { break-before: page }
  .case:has(.evidence) { break-inside: auto }
  .reason { break-before: avoid }
  .what, .rule, h2, h3, h4, h5, caption, summary { break-after: avoid }
  main > h2, .version + .version { break-before: page }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
`
