// The made-up people of the screenshots: the staff of Tidewater Labs, who build sensors for harbours.

/** The first is the owner of the server; the screenshots are those of `nadia`. */
export const PEOPLE = [
  {
    username: 'nadia',
    displayName: 'Nadia Okafor',
    title: 'Head of engineering',
    pronouns: 'she/her',
    look: { skin: '#8d5a3b', hair: '#221a17', shirt: '#3f51b5', background: '#ffd9a8', long: true },
  },
  {
    username: 'tomas',
    displayName: 'Tomás Herrera',
    title: 'Firmware engineer',
    look: { skin: '#e0ac84', hair: '#4a2f1d', shirt: '#2e7d5b', background: '#cfe8ff' },
  },
  {
    username: 'ingrid',
    displayName: 'Ingrid Solberg',
    title: 'Product designer',
    pronouns: 'she/they',
    look: { skin: '#f4d0b5', hair: '#d9a441', shirt: '#b03a5b', background: '#e4dcff', long: true },
  },
  {
    username: 'wei',
    displayName: 'Wei Zhang',
    title: 'Data engineer',
    look: { skin: '#f0c8a0', hair: '#191919', shirt: '#37474f', background: '#d6f1df' },
  },
  {
    username: 'priya',
    displayName: 'Priya Raman',
    title: 'Support lead',
    pronouns: 'she/her',
    look: { skin: '#b07a50', hair: '#2b1d18', shirt: '#c2571a', background: '#fbe3ea', long: true },
  },
  { username: 'joe', displayName: 'Joe Whitlock', title: 'Field technician' },
  {
    username: 'amara',
    displayName: 'Amara Diallo',
    title: 'Backend engineer',
    pronouns: 'she/her',
    look: { skin: '#6f4328', hair: '#120d0b', shirt: '#00796b', background: '#fff0c2' },
  },
  { username: 'lukas', displayName: 'Lukas Brandt', title: 'Quality' },
  { username: 'yuki', displayName: 'Yuki Tanabe 田辺', title: 'Hydrologist' },
  {
    username: 'bartholomew',
    displayName: 'Bartholomew Featherstonehaugh-Cholmondeley',
    title: 'Regional coordinator for harbours and inland waterways',
  },
  { username: 'salma', displayName: 'سلمى الحداد', title: 'Customer success' },
  { username: 'greta', displayName: 'Greta Lind', title: 'Finance' },
];
