import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type {
  DeadLetterDetail,
  GroupList,
  OrderDetail,
  Series,
  Session,
  System,
  TopicList,
} from '../../../src/api/contract.ts'
import { deleteAt, getJson, postJson, type Query } from './client.ts'

const systemMs = 5_000
const pipelineMs = 2_000

/** Whether this page may read at all; asked again when the server comes back. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => getJson<Session>('/session', {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useSignIn() {
  return useMutation({ mutationFn: (token: string) => postJson<Session>('/session', { token }) })
}

export function useSignOut() {
  return useMutation({ mutationFn: () => deleteAt('/session') })
}

export function useSystem() {
  return useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => getJson<System>('/system', {}, signal),
    refetchInterval: systemMs,
  })
}

/** The last `minutes` minutes, the running one included. */
export function useSeries(minutes: number) {
  return useQuery({
    queryKey: ['series', minutes],
    queryFn: ({ signal }) => getJson<Series>('/series', rangeOf(minutes), signal),
    refetchInterval: minutes <= 60 ? 5_000 : 15_000,
    placeholderData: keepPreviousData,
  })
}

const minuteMs = 60_000

function rangeOf(minutes: number): Query {
  const toMs = Math.floor(Date.now() / minuteMs) * minuteMs + minuteMs
  return { from: new Date(toMs - minutes * minuteMs).toISOString(), to: new Date(toMs).toISOString(), step: 60 }
}

export function useOrder(orderId: string) {
  return useQuery({
    queryKey: ['order', orderId],
    queryFn: ({ signal }) => getJson<OrderDetail>(`/orders/${encodeURIComponent(orderId)}`, {}, signal),
    refetchInterval: systemMs,
  })
}

export function useDeadLetter(id: string) {
  return useQuery({
    queryKey: ['dead-letter', id],
    queryFn: ({ signal }) => getJson<DeadLetterDetail>(`/dead-letters/${encodeURIComponent(id)}`, {}, signal),
  })
}

export function useTopics() {
  return useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => getJson<TopicList>('/topics', {}, signal),
    refetchInterval: pipelineMs,
  })
}

export function useGroups() {
  return useQuery({
    queryKey: ['groups'],
    queryFn: ({ signal }) => getJson<GroupList>('/groups', {}, signal),
    refetchInterval: pipelineMs,
  })
}

type Page<Item> = Readonly<{ items: readonly Item[]; next_cursor: string | null }>

const pageSize = 100
/** Beyond this a reader filters instead of scrolling, and the page's memory stays bounded. */
const pagesMax = 50

/** A keyset-paged list: its first page, and the next ones as they are asked for. */
export function usePages<Item>(path: string, query: Query, everyMs?: number) {
  const queryClient = useQueryClient()
  const pages = useInfiniteQuery({
    queryKey: ['pages', path, query],
    queryFn: ({ pageParam, signal }) =>
      getJson<Page<Item>>(path, { ...query, limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last, all) => (all.length < pagesMax ? (last.next_cursor ?? undefined) : undefined),
    select: ({ pages: loaded }) => ({
      first: loaded[0],
      rows: loaded.flatMap(({ items }) => items),
      pageCount: loaded.length,
      cutOff: loaded.length >= pagesMax && loaded.at(-1)?.next_cursor !== null,
    }),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs ?? false,
  })
  const restart = useCallback(async () => {
    const queryKey = ['pages', path, query]
    queryClient.setQueryData<{ pages: unknown[]; pageParams: unknown[] }>(queryKey, firstPageOnly)
    await queryClient.invalidateQueries({ queryKey })
  }, [queryClient, path, query])
  return { pages, restart }
}

function firstPageOnly(data: { pages: unknown[]; pageParams: unknown[] } | undefined) {
  return data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) }
}
