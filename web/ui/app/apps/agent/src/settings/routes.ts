// Settings and account: one frame, one lazily loaded page each.

import type { RouteRecordRaw } from 'vue-router'

const frame = () => import('./SettingsFrame.vue')

export const settings_routes: RouteRecordRaw[] = [
  {
    path: '/account',
    component: frame,
    children: [
      { path: '', name: 'account', component: () => import('./Start.vue') },
      { path: 'profile', component: () => import('../account/ProfilePage.vue') },
      { path: 'security', component: () => import('../account/SecurityPage.vue') },
      { path: 'devices', component: () => import('../account/SessionsPage.vue') },
    ],
  },
  {
    path: '/settings',
    component: frame,
    children: [
      { path: '', name: 'settings', component: () => import('./Start.vue') },
      {
        path: '',
        component: () => import('./Guard.vue'),
        children: [
          { path: 'users', component: () => import('./users/UsersPage.vue'), meta: { needs: 'manage_users' } },
          { path: 'groups', component: () => import('./groups/GroupsPage.vue'), meta: { needs: 'any_group' } },
          { path: 'groups/:id/:part?', component: () => import('./groups/GroupPage.vue'), meta: { needs: 'any_group' } },
          { path: 'channels', component: () => import('./channels/ChannelsPage.vue'), meta: { needs: 'any_group' } },
          { path: 'channels/new', component: () => import('./channels/ConnectPage.vue'), meta: { needs: 'any_group' } },
          { path: 'channels/:id', component: () => import('./channels/ChannelPage.vue'), meta: { needs: 'any_group' } },
          { path: 'hours', component: () => import('./business/HoursPage.vue'), meta: { needs: 'open_settings' } },
          { path: 'business', component: () => import('./business/BusinessPage.vue'), meta: { needs: 'open_settings' } },
          { path: 'api', component: () => import('./api/ApiPage.vue'), meta: { needs: 'open_settings' } },
          { path: 'audit', component: () => import('./business/AuditPage.vue'), meta: { needs: 'see_audit' } },
        ],
      },
    ],
  },
]
