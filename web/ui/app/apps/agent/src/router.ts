// Routes and who may see them: the server decides about data, this only spares people empty pages.

import { createRouter, createWebHistory, type RouteLocationRaw } from 'vue-router'
import { api } from './api'
import { PLACES } from './router_paths'
import { load_session, session } from './session'

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', redirect: '/inbox/team' },
    { path: '/login', name: 'login', component: () => import('./auth/LoginPage.vue'), meta: { open: true } },
    { path: '/setup', name: 'setup', component: () => import('./auth/SetupPage.vue'), meta: { open: true } },
    {
      path: `/inbox/:view(${PLACES})/:conversationId(\\d+|[\\w-]+)?`,
      name: 'inbox',
      component: () => import('./inbox/InboxPage.vue'),
    },
    { path: '/:rest(.*)*', redirect: '/inbox/team' },
  ],
})

router.beforeEach(async (to): Promise<RouteLocationRaw | boolean> => {
  if (to.meta.open) {
    if (to.name === 'login' && session.value) return { path: '/inbox/team' }
    return true
  }
  if (session.value) return true
  try {
    if (await load_session()) return true
    const { needed } = await api.setup_needed()
    return needed ? { name: 'setup' } : { name: 'login', query: to.fullPath === '/inbox/team' ? {} : { to: to.fullPath } }
  } catch {
    return { name: 'login', query: to.fullPath === '/inbox/team' ? {} : { to: to.fullPath } }
  }
})
