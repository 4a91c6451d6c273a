import type { Dependency, RddNode } from '../../lineage/node.ts'

/** The lineage, newest first, with partition counts; `+-` marks a shuffle (Spark's `toDebugString`). */
export function debugString(top: RddNode<any>): string {
  const lines = [`(${top.partitions}) ${nameOf(top)}`]
  const open = below(top, '')
  while (open.length > 0) {
    const { dependency, indent } = open.pop()!
    const { parent, kind } = dependency
    const count = `(${parent.partitions})`
    if (kind === 'narrow') lines.push(`${indent}${' '.repeat(count.length)}| ${nameOf(parent)}`)
    else lines.push(`${indent} +-${count} ${nameOf(parent)}`)
    for (const line of below(parent, kind === 'narrow' ? indent : `${indent}   `)) open.push(line)
  }
  return lines.join('\n')
}

interface Line {
  readonly dependency: Dependency
  readonly indent: string
}

/** The last one first. */
const below = ({ dependencies }: RddNode<any>, indent: string): Line[] =>
  dependencies.map((dependency) => ({ dependency, indent })).toReversed()

const nameOf = (node: RddNode<any>): string =>
  `${node.label ?? node.kind}${node.place ? ` at ${node.place}` : ''}${node.cached ? ' [persisted]' : ''}`
