/** Holds the write lock of a file for some milliseconds. */
import { connect } from '../../src/driver.ts';

const [file = '', holdMs = '0'] = process.argv.slice(2);
const connection = connect(file, 'write');
connection.exec('BEGIN IMMEDIATE');
process.stdout.write('held\n');
setTimeout(() => {
  connection.exec('ROLLBACK');
  connection.close();
  process.stdout.write('released\n');
}, Number(holdMs));
