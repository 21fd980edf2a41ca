import type { Random } from '../fleet/random.ts';

interface City {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly districts: readonly [string, ...string[]];
}

const HO_CHI_MINH_CITY: City = {
  name: 'Hồ Chí Minh',
  latitude: 10.79,
  longitude: 106.68,
  districts: ['Quận 1', 'Quận 3', 'Quận 7', 'Bình Thạnh', 'Gò Vấp', 'Phú Nhuận', 'Tân Bình', 'Thủ Đức'],
};

/** The first one comes up as often as all others together. */
const OTHER_CITIES: readonly [City, ...City[]] = [
  {
    name: 'Hà Nội',
    latitude: 21.03,
    longitude: 105.84,
    districts: ['Ba Đình', 'Cầu Giấy', 'Đống Đa', 'Hai Bà Trưng', 'Long Biên'],
  },
  {
    name: 'Đà Nẵng',
    latitude: 16.06,
    longitude: 108.21,
    districts: ['Hải Châu', 'Sơn Trà', 'Thanh Khê', 'Ngũ Hành Sơn'],
  },
  { name: 'Cần Thơ', latitude: 10.04, longitude: 105.78, districts: ['Ninh Kiều', 'Bình Thủy', 'Cái Răng'] },
  {
    name: 'Biên Hòa',
    latitude: 10.95,
    longitude: 106.82,
    districts: ['Tân Phong', 'Trảng Dài', 'Quyết Thắng'],
  },
];

const STREETS = [
  'Nguyễn Trãi',
  'Lê Lợi',
  'Hai Bà Trưng',
  'Trần Hưng Đạo',
  'Điện Biên Phủ',
  'Phan Đình Phùng',
  'Lý Thường Kiệt',
  'Nguyễn Văn Cừ',
  'Võ Thị Sáu',
  'Cách Mạng Tháng Tám',
] as const;

const SITES = ['Chung cư', 'Bãi xe', 'Siêu thị', 'Ký túc xá', 'Văn phòng', 'Chợ'] as const;

export interface Place {
  readonly name: string;
  readonly city: string;
  readonly district: string;
  readonly address: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Somewhere in a Vietnamese city that a box could stand. */
export function drawPlace(random: Random): Place {
  const city = random.chance(0.5) ? HO_CHI_MINH_CITY : random.pick(OTHER_CITIES);
  const district = random.pick(city.districts);
  const street = random.pick(STREETS);
  const degrees = (around: number): number => Number((around + 0.012 * random.noise()).toFixed(6));
  return {
    name: `${random.pick(SITES)} ${street}`,
    city: city.name,
    district,
    address: `${random.whole(1, 480)} ${street}, ${district}`,
    latitude: degrees(city.latitude),
    longitude: degrees(city.longitude),
  };
}

const FAMILY_NAMES = [
  'Nguyễn',
  'Trần',
  'Lê',
  'Phạm',
  'Hoàng',
  'Huỳnh',
  'Võ',
  'Đặng',
  'Bùi',
  'Đỗ',
  'Ngô',
] as const;
const MIDDLE_NAMES = ['Văn', 'Thị', 'Minh', 'Thanh', 'Quốc', 'Ngọc', 'Hữu', 'Gia', 'Thùy', 'Đức'] as const;
const GIVEN_NAMES = [
  'An',
  'Bình',
  'Châu',
  'Dũng',
  'Giang',
  'Hà',
  'Hạnh',
  'Hùng',
  'Khoa',
  'Lan',
  'Linh',
  'Long',
  'Mai',
  'Nam',
  'Phúc',
  'Quân',
  'Sơn',
  'Thảo',
  'Trang',
  'Tuấn',
  'Vy',
  'Yến',
] as const;

/** Put together at random: it belongs to nobody. */
export function drawName(random: Random): string {
  return `${random.pick(FAMILY_NAMES)} ${random.pick(MIDDLE_NAMES)} ${random.pick(GIVEN_NAMES)}`;
}
