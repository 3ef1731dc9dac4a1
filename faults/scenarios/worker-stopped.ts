import type { Scenario } from './scenario.ts'

export const workerStopped: Scenario = {
  name: 'worker-stopped',
  title: 'SIGTERM of workers and producers under load, one after the other',
  promise: 'each ends by itself with 0 within its drain; what it had not done is done by others',
  run: async (stage) => {
    await stage.receiver.behave('alpha', { kind: 'status', status: 200, afterMs: 100 })
    const load = stage.load({ eventsPerSecond: 200 })
    const stops: number[] = []
    for (let stopped = 0; stopped < stage.size(2, 6); stopped++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 100)
      const isWorker = stopped % 2 === 0
      const [part] = isWorker ? stage.workers() : stage.producers()
      const startedMs = performance.now()
      const code = await part?.stop()
      stops.push(performance.now() - startedMs)
      stage.expect(code === 0, 'ends with 0', `${part?.name ?? ''} ended with ${String(code)}`)
      await (isWorker ? stage.addWorker() : stage.addProducer())
    }
    await load.stop()
    stage.note(`${String(stops.length)} stops, the longest ${String(Math.round(Math.max(...stops)))} ms`)
  },
}
