// The table.
export { defineRooms } from './room-table.ts';
export type {
  Floor,
  Guest,
  MachineAccess,
  NarrowPassage,
  Room,
  RoomRow,
  RoomTable,
  RoomTableInput,
} from './room-table.ts';
export { rebornRooms } from './rooms.ts';

// The check.
export { checkBoundaries } from './check-boundaries.ts';
export type { BoundariesOptions, BoundariesReport } from './check-boundaries.ts';
export type { LineReport, RoomLines } from './check/line-budget.ts';
export { describeReport } from './report.ts';

// The rules.
export { ruleCatalogue } from './rule-catalogue.ts';
export type { RuleName, RuleText, Violation } from './rule-catalogue.ts';
