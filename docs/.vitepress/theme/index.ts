import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { DiagramOfText } from './diagram.ts';
import './style.css';

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('DiagramOfText', DiagramOfText);
  },
};

export default theme;
