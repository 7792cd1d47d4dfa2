// Answers with the Rust library, from its Node package `tokenizers`:
//   node reference.cjs NODE_MODULES TOKENIZER_JSON < jobs > answers
// A job is a line of JSON: {"texts": [...], "special": bool}, {"ids": [[...]], "skip": bool}
// or {"text": "...", "rounds": n}, which times encoding.
const path = require('path')
const readline = require('readline')
const { Tokenizer } = require(path.join(process.argv[2], 'tokenizers'))

const tokenizer = Tokenizer.fromFile(process.argv[3])

async function answer (job) {
  if (job.texts) {
    const encoded = await tokenizer.encodeBatch(job.texts, { addSpecialTokens: job.special })
    return encoded.map(e => e.getIds())
  }
  if (job.ids) return tokenizer.decodeBatch(job.ids, job.skip)
  const start = process.hrtime.bigint()
  for (let i = 0; i < job.rounds; i++) await tokenizer.encode(job.text, null, { addSpecialTokens: false })
  return Number(process.hrtime.bigint() - start) / 1e9
}

async function main () {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
}
main()
