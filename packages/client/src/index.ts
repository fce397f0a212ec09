/** The SDK of Parley, for browsers and (with `@parley/client/node`) for programs. */

export { AccountApi } from './api/account.ts';
export type { ActivityApi, ActivityRequest } from './api/activity.ts';
export { AdminApi } from './api/admin.ts';
export type { AdmissionApi } from './api/admission.ts';
export * from './api/api.ts';
export { ApiError } from './api/api-error.ts';
export { AuthApi, type LoginOutcome } from './api/auth.ts';
export { type DraftPlace, draftKey } from './api/draft-place.ts';
export type { EmojiApi } from './api/emoji.ts';
export { type ImagesApi, imageUrl } from './api/images.ts';
export type { LegalHoldsApi } from './api/legal-holds.ts';
export type { ModerationApi } from './api/moderation.ts';
export type { NotificationDevicesApi } from './api/notification-devices.ts';
export type { NotificationsApi } from './api/notifications.ts';
export type { PersonalApi } from './api/personal.ts';
export type { PollsApi } from './api/polls.ts';
export type { PreviewsApi } from './api/previews.ts';
export type { ReportsApi } from './api/reports.ts';
export type { ReadOptions } from './api/rest-session.ts';
export type { RetentionApi } from './api/retention.ts';
export type { SidebarApi } from './api/sidebar.ts';
export type { UploadMemory, UploadOptions } from './api/uploads.ts';
export type { UserGroupsApi } from './api/user-groups.ts';
export * from './client.ts';
export { Backoff } from './connection/backoff.ts';
export type { ConnectionState } from './connection/connection.ts';
export { tabSocket } from './connection/shared-sockets.ts';
export {
  browserSocket,
  type LiveSocket,
  type SocketFactory,
  type SocketHandlers,
} from './connection/socket.ts';
export type { ConversationView } from './conversations/conversations.ts';
export { changesText } from './messages/mentions.ts';
export { newId } from './outbox/commands.ts';
export { type Activity, type ActivitySnapshot, NO_ACTIVITY } from './personal/activity.ts';
export type { DraftChanged, Drafts } from './personal/drafts.ts';
export {
  type Notifications,
  type NotificationsSnapshot,
  overrideKey,
} from './personal/notifications.ts';
export {
  NO_OPEN_REPORTS,
  type OpenReports,
  type OpenReportsSnapshot,
} from './personal/open-reports.ts';
export { isClosed, type SidebarSnapshot, type SidebarState } from './personal/sidebar.ts';
export * from './state/client-types.ts';
export { IndexedDbStore } from './storage/indexeddb-store.ts';
export * from './storage/store.ts';
export type { ChangeOutcome } from './storage/waiting-changes.ts';
export { membershipChange } from './streams/membership.ts';
export { Thread, type ThreadSnapshot } from './threads/thread.ts';
export { type Threads, type ThreadsSnapshot, threadKey } from './threads/threads.ts';
export { rangesBetween } from './timelines/event-ranges.ts';
export { nextWindowEnd, permissionsOn } from './timelines/permissions.ts';
export { Timeline } from './timelines/timeline.ts';
export { TimelineEvents } from './timelines/timeline-events.ts';
export type { TimelineMessage, TimelineSnapshot } from './timelines/timeline-types.ts';
export type { CustomEmojiList } from './workspace/custom-emoji.ts';
export type { UserGroups } from './workspace/user-groups.ts';
