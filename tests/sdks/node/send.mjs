// Sends a plan with Segment's SDK for Node: arguments are host, write key and the plan's file.
import { readFileSync } from 'node:fs'
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, plan] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, maxEventsInBatch: 40, flushInterval: 200 })
const failed = []
analytics.on('error', (error) => failed.push(error))

for (const call of JSON.parse(readFileSync(plan, 'utf8'))) {
  const about = {
    userId: call.user ?? undefined,
    anonymousId: call.anonymous,
    messageId: call.id,
    timestamp: new Date(call.at),
  }
  if (call.call === 'track') analytics.track({ ...about, event: call.name, properties: call.properties })
  else if (call.call === 'identify') analytics.identify({ ...about, traits: call.traits })
  else if (call.call === 'page') analytics.page({ ...about, properties: call.properties })
  else if (call.call === 'screen') analytics.screen({ ...about, name: call.name, properties: call.properties })
  else if (call.call === 'group') analytics.group({ ...about, groupId: call.group, traits: call.traits })
  else analytics.alias({ ...about, previousId: call.previous })
}
await analytics.closeAndFlush({ timeout: 60_000 })
if (failed.length) {
  console.error('not delivered:', failed)
  process.exit(1)
}
