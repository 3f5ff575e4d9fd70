// Sends by @segment/analytics-node. Arguments: the server, the write key, what to send ("each", or a count of events
// and the seconds that they are spread over). Ends with 1 where the client gave up on any.
const { Analytics } = require(process.env.CLIENTS + '/node_modules/@segment/analytics-node');

const [host, writeKey, what, seconds] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, flushAt: 100, flushInterval: 200 });
const lost = [];
analytics.on('error', (error) => lost.push(error.code));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function each() {
  const timestamp = new Date();
  const context = { ip: '203.0.113.9', userAgent: 'Mozilla', page: { url: 'https://x/', title: 'Home' } };
  analytics.track({ userId: 'u', event: 'Bought', properties: { amount: 12.5 }, context, timestamp });
  analytics.page({ anonymousId: 'v', name: 'Home', category: 'Docs', properties: { url: 'https://x/p' } });
  analytics.screen({ anonymousId: 'v', name: 'Start' });
  analytics.identify({ userId: 'u', anonymousId: 'v', traits: { plan: 'pro' } });
  analytics.group({ userId: 'u', groupId: 'g', traits: { size: 3 } });
  analytics.alias({ previousId: 'old', userId: 'u' });
  analytics.track({ userId: 'old', event: 'Back' });
}

async function many(count) {
  const steps = 100;
  for (let step = 0; step < steps; step++) {
    for (let n = (count * step) / steps; n < (count * (step + 1)) / steps; n++) {
      analytics.track({ userId: `node-${n}`, event: 'seen', properties: { n } });
    }
    await pause((1000 * seconds) / steps);
  }
}

// By default it gives up what is not delivered 75 seconds after it was told to close, in the middle of its retries.
(what === 'each' ? each() : many(Number(what)))
  .then(() => analytics.closeAndFlush({ timeout: 600_000 }))
  .then(() => pause(100))
  .then(() => {
    if (lost.length) console.error('gave up on', lost.length, lost[0]);
    process.exitCode = lost.length ? 1 : 0;
  });
