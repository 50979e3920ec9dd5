import { useData } from 'vitepress';
import { type Component, defineComponent, h, onMounted, ref, watch } from 'vue';

let drawn = 0;

/** Draws the text of a `mermaid` fence, in the colours of the page. Until then, and without scripts, it is text. */
export const DiagramOfText: Component = defineComponent({
  props: { text: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const svg = ref('');
    const source = decodeURIComponent(props.text);

    async function draw(): Promise<void> {
      const { default: mermaid } = await import('mermaid');
      mermaid.initialize({ startOnLoad: false, theme: isDark.value ? 'dark' : 'neutral' });
      drawn += 1;
      svg.value = (await mermaid.render(`diagram-${drawn}`, source)).svg;
    }

    onMounted(draw);
    watch(isDark, draw);
    return () =>
      svg.value === ''
        ? h('pre', { class: 'diagram' }, source)
        : h('div', { class: 'diagram', innerHTML: svg.value });
  },
});
