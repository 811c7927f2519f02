/** Words the outcome of a check for people. */
import type { BoundariesReport } from './check-boundaries.ts';
import type { Violation } from './rule-catalogue.ts';

/** The whole report: short when all is well, each violation with its remedy when not. */
export function describeReport(report: BoundariesReport): string {
  const { violations, rooms, modules, edges } = report;
  const blocks = [
    ...violations.map(describeViolation),
    ...(report.longFiles.length > 0 ? [describeLongFiles(report)] : []),
    ...(report.longFunctions.length > 0 ? [describeLongFunctions(report)] : []),
    describeLines(report),
    `${rooms} rooms, ${modules} modules, ${edges} imports: ${
      violations.length === 0 ? 'all as the table says' : `${violations.length} not as the table says`
    }.`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function describeViolation({ rule, file, found, remedy }: Violation): string {
  return `${file}: ${found}  [${rule}]\n    ${remedy}`;
}

function describeLongFiles({ longFiles }: BoundariesReport): string {
  const lines = longFiles.map(({ file, lines }) => `  ${file}  ${lines}`);
  return `Warning: long files (a file over 300 lines is usually two things)\n${lines.join('\n')}`;
}

function describeLongFunctions({ longFunctions }: BoundariesReport): string {
  const lines = longFunctions.map(({ file, line, name, lines }) => `  ${file}:${line}  ${name}  ${lines}`);
  return `Warning: long functions (a function over 70 lines is usually two things)\n${lines.join('\n')}`;
}

function describeLines({ lines }: BoundariesReport): string {
  const width = Math.max(0, ...lines.map(({ name }) => name.length));
  const rows = lines.map(({ name, lines, linesMax, testkitLines }) => {
    const share = `${Math.round((100 * lines) / linesMax)} %`;
    const testkit = testkitLines > 0 ? `  (+ ${testkitLines} testkit)` : '';
    return `  ${name.padEnd(width)}  ${String(lines).padStart(5)} / ${String(linesMax).padEnd(5)} ${share.padStart(5)}${testkit}`;
  });
  return `Lines of source\n${rows.join('\n')}`;
}
