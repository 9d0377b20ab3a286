// Answers for a client: a case as JSON on each line of standard input, what the client gave back as JSON on each line
// of standard output. `makers` has a function for each operation.
import { createInterface } from 'node:readline';

const revived = (name, value) =>
  value !== null && typeof value === 'object' && '$base64' in value ? Buffer.from(value.$base64, 'base64') : value;
const written = (name, value) => (value instanceof Uint8Array ? { $base64: Buffer.from(value).toString('base64') } : value);
// Buffer has a toJSON of its own, which would come before `written`.
delete Buffer.prototype.toJSON;

export async function serve(makers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { operation, model, options } = JSON.parse(line, revived);
    let said;
    try {
      const { response, request, ...answer } = await makers[operation](model, options);
      said = { answer };
    } catch (error) {
      said = { error: error.message, status: error.statusCode ?? null };
    }
    process.stdout.write(JSON.stringify(said, written) + '\n');
  }
}
